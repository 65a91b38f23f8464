/** Finds ggml, libmyelin and libmyelin-cuda, checks that they fit the bindings, and loads them. */
package dev.myelin.bindings.loader;
