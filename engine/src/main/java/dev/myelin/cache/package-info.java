/** The KV cache: keys and values of the positions processed so far. */
@NullMarked
package dev.myelin.cache;

import org.jspecify.annotations.NullMarked;
