/** Shows the system that Myelin runs on. */
package dev.myelin.cli.info;
