/** Hyperparameters of a model, read from the metadata and checked. */
package dev.myelin.model.config;
