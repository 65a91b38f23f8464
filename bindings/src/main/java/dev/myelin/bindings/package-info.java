/**
 * Finds and loads the native libraries. The packages below hold what jextract generated; they are
 * never edited.
 */
package dev.myelin.bindings;
