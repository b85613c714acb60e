import type { ModelSettings } from '../models/model-settings.ts';
import type { InputEncoder } from './input-encoder.ts';
import type { InputMarkers } from './input-markers.ts';
import type { VectorEngine } from './vector-engine.ts';

/** A model that generates nothing: it turns texts into vectors, or scores how well a document answers a query. */
export type VectorModel = {
  readonly task: 'embed' | 'rank';
  readonly settings: ModelSettings;
  readonly engine: VectorEngine;
  readonly encoder: InputEncoder;
  readonly markers: InputMarkers;
  readonly vocabularySize: number;
  /** How a query and a document are put together, where the model brings a template for it. */
  readonly pairTemplate: string | undefined;
  /** The engine's scores are probabilities already. */
  readonly isProbability: boolean;
};
