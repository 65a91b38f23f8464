/**
 * Models by name: finds them on a hub, downloads them and keeps them in a folder.
 *
 * <p>{@link dev.myelin.hub.Hub} is the entry point. Everything that a server sends is untrusted:
 * sizes, sums, file names, redirects and JSON are checked.
 */
@NullMarked
package dev.myelin.hub;

import org.jspecify.annotations.NullMarked;
