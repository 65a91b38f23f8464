/**
 * Importance matrices: how much each column of each weight matters, measured by running a model
 * over a text. They are stored in files and merged.
 */
package dev.myelin.imatrix;
