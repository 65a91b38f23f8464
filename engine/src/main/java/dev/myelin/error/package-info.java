/** The one family of exceptions. */
@NullMarked
package dev.myelin.error;

import org.jspecify.annotations.NullMarked;
