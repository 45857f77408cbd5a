/** Limits of networks that several folders know: files describe in a few bytes what takes kilobytes to plan and run. */

/** Most nodes of a graph. */
export const MOST_NODES = 16_384;

/** Most connections between the nodes of a graph. */
export const MOST_CONNECTIONS = 131_072;

/**
 * Most values in one row of all nodes of a network that a file describes: nodes that join what one gave double it from
 * node to node, so that few of them would take any memory in a prediction.
 */
export const MOST_VALUES_OF_A_ROW = 4_194_304;
