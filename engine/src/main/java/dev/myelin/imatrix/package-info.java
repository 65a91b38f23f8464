/**
 * Importance matrices: which columns of each weight matter, measured by running a model over text,
 * kept in files, and merged.
 */
package dev.myelin.imatrix;
