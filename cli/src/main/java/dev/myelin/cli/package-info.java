/**
 * The {@code myelin} command: each command parses its options, calls the engine and prints. Results
 * go to standard output, everything else to standard error.
 */
package dev.myelin.cli;
