/**
 * Estimates what a model needs without having it: parameters, bytes and KV cache for each
 * quantisation, whether they fit a machine, and the decoding speed that memory bandwidth allows.
 */
package dev.myelin.plan;
