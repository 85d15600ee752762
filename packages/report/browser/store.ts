/** A value that several parts of the page show. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  /** Calls back at every change. */
  watch(changed: () => void): void;
}

/** Makes a store. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const watchers: (() => void)[] = [];
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const changed of watchers) changed();
    },
    watch: (changed) => watchers.push(changed),
  };
}
