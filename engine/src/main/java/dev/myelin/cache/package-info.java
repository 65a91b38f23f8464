/** The KV cache: keys and values of the positions processed so far. */
package dev.myelin.cache;
