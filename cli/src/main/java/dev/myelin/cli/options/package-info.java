/** Groups of options that several commands have: model, context, sampling, prompt. */
package dev.myelin.cli.options;
