/**
 * Importance matrices: how much each column of each weight matters, measured by running a model
 * over a text. They are stored in files and merged.
 */
@NullMarked
package dev.myelin.imatrix;

import org.jspecify.annotations.NullMarked;
