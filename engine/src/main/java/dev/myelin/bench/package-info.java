/** Measures tokens per second, of Myelin and beside other engines on the same file. */
package dev.myelin.bench;
