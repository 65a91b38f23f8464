/** Input and output: the console, texts and JSON, tables, units, progress. */
package dev.myelin.cli.io;
