/** The commands that download and manage models. */
package dev.myelin.cli.models;
