// What tests load in node: the lessons' arithmetic without the page.
export * from "./answers";
export * from "./measures";
export * from "./record";
export * from "./changes";
