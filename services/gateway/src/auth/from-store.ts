import { storeFault } from '../admin/store-fault.ts';

/** What a store answers; its failure as the Fault that it means to the caller, where it means one. */
export async function fromStore<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    throw storeFault(error);
  }
}
