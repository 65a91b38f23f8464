package dev.myelin.cli.run;

/**
 * A line of a file of prompts.
 *
 * @param index of the prompt in the file, from 0; blank lines do not count
 * @param place file and line, for messages
 * @param text the line without its end; null if it cannot be read
 * @param problem why it cannot be read, with the place; null if it can
 */
record PromptLine(int index, String place, String text, String problem) {}
