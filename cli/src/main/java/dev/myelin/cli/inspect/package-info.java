/** Shows what is in a model file, as text, JSON or a page. */
package dev.myelin.cli.inspect;
