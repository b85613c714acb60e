import { Template } from '@huggingface/jinja';

export type TemplateEngine = { render(variables: Record<string, unknown>): string };

/**
 * A Jinja template with an engine to spare. The first knows what Transformers gives to templates, and tells in few words what
 * a template refuses; the spare one knows more of Python. Throws what the first says where neither can write it.
 */
export class SparedTemplate implements TemplateEngine {
  readonly #first: TemplateEngine;
  readonly #createSpare: (() => TemplateEngine) | undefined;
  #spare: TemplateEngine | undefined;

  constructor(source: string, createSpare: (() => TemplateEngine) | undefined) {
    this.#createSpare = createSpare;
    this.#first = this.#compile(source);
  }

  render(variables: Record<string, unknown>): string {
    try {
      return this.#first.render(variables);
    } catch (error) {
      const written = this.#renderSpare(variables);
      if (written === undefined) throw error;
      return written;
    }
  }

  #compile(source: string): TemplateEngine {
    try {
      return new Template(source);
    } catch (error) {
      this.#spare = this.#createSpare?.();
      if (this.#spare) return this.#spare;
      throw error;
    }
  }

  #renderSpare(variables: Record<string, unknown>): string | undefined {
    try {
      this.#spare ??= this.#createSpare?.();
      return this.#spare?.render(variables);
    } catch {
      // What the first one said is what counts.
      return undefined;
    }
  }
}
