/** Everything an IndexedDB holds, to be carried from one life of a browser into the next. */
export interface KeptStore {
  database: string;
  version: number;
  name: string;
  keyPath: string | string[] | null;
  indexes: { name: string; keyPath: string | string[]; unique: boolean }[];
  rows: { key: IDBValidKey; value: unknown }[];
}

const done = <Result>(request: IDBRequest<Result>) =>
  new Promise<Result>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('indexedDB failed'));
  });

export async function keep(): Promise<KeptStore[]> {
  const kept: KeptStore[] = [];
  for (const { name: database = '' } of await indexedDB.databases()) {
    const opened = await done(indexedDB.open(database));
    for (const name of opened.objectStoreNames) {
      const store = opened.transaction(name).objectStore(name);
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      kept.push({
        database,
        version: opened.version,
        name,
        keyPath: store.keyPath,
        indexes: [...store.indexNames].map((index) => {
          const { keyPath, unique } = store.index(index);
          return { name: index, keyPath, unique };
        }),
        rows: keys.map((key, place) => ({ key, value: values[place] })),
      });
    }
    opened.close();
  }
  return kept;
}

export async function restore(kept: readonly KeptStore[]): Promise<void> {
  for (const database of new Set(kept.map((store) => store.database))) {
    const stores = kept.filter((store) => store.database === database);
    const request = indexedDB.open(database, stores[0]?.version);
    request.onupgradeneeded = () => {
      for (const { name, keyPath, indexes } of stores) {
        const store = request.result.createObjectStore(name, { keyPath });
        for (const index of indexes)
          store.createIndex(index.name, index.keyPath, { unique: index.unique });
      }
    };
    const opened = await done(request);
    for (const { name, keyPath, rows } of stores) {
      const store = opened.transaction(name, 'readwrite').objectStore(name);
      await Promise.all(
        rows.map(({ key, value }) =>
          done(keyPath === null ? store.put(value, key) : store.put(value)),
        ),
      );
    }
    opened.close();
  }
}
