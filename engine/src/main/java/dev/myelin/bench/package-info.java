/** Measures tokens per second of Myelin and of other engines on the same file. */
package dev.myelin.bench;
