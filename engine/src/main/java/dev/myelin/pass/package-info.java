/** One forward pass while its graph is built. */
package dev.myelin.pass;
