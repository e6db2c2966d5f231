// Returns the element id of a job's card in the page.

export const cardId = (id) => `job ${id}`.replaceAll(" ", "_");
