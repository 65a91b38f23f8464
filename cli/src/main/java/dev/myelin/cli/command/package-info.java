/** What all commands share: options and usage errors, signals, the files they read and write. */
package dev.myelin.cli.command;
