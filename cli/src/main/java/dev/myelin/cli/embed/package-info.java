/** Vectors of texts. */
package dev.myelin.cli.embed;
