/** Measures tokens per second of Myelin and of other engines on the same file. */
@NullMarked
package dev.myelin.bench;

import org.jspecify.annotations.NullMarked;
