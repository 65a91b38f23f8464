/** The tensors of a file, checked against the shapes that an architecture expects. */
package dev.myelin.model.weights;
