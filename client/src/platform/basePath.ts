/** Where the product lives on its host: the path of `<base href>`, which the server fills from BASE_PATH; ends with "/". */
export const basePath = (): string => new URL(document.baseURI).pathname;
