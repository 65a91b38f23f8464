/**
 * ggml's tensors, compute graphs and CPU backend behind checked calls. Shapes and types are checked
 * in Java before each call, because ggml aborts the process on a failed assertion.
 */
package dev.myelin.graph;
