/** The keys and values of the positions seen so far. */
package dev.myelin.cache;
