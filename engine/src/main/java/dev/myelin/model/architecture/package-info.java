/** One class per architecture: its hyperparameters, tensors and layers. */
package dev.myelin.model.architecture;
