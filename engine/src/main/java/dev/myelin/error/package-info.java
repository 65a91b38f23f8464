/** The one family of exceptions. */
package dev.myelin.error;
