/** One class an architecture: its hyperparameters, its tensors, its layers. */
package dev.myelin.model.architecture;
