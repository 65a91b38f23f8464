/**
 * ggml's tensors, compute graphs and CPU backend behind checked calls: nothing in here reaches ggml
 * before its shapes and types were compared in Java, because ggml ends the process otherwise.
 */
package dev.myelin.graph;
