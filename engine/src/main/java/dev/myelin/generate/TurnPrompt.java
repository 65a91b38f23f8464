package dev.myelin.generate;

/**
 * The prompt for a reply. Immutable, but shares {@code tokens}.
 *
 * @param firstExchange index of the first exchange that the model sees
 * @param transcript empty without a chat template
 * @param tokens of the whole conversation, the user's message last
 */
record TurnPrompt(int firstExchange, Transcript transcript, int[] tokens) {}
