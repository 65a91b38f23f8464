/** A forward pass under construction. */
package dev.myelin.pass;
