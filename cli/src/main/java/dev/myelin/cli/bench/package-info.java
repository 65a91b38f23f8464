/** Measures tokens per second, also of other engines, and prints them in several formats. */
package dev.myelin.cli.bench;
