/**
 * Estimates what a model needs without having it: parameters, bytes and KV cache for each
 * quantisation, whether they fit a machine, and the decoding speed that memory bandwidth allows.
 */
@NullMarked
package dev.myelin.plan;

import org.jspecify.annotations.NullMarked;
