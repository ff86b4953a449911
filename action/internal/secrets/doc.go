// Package secrets finds credentials in the text of prompts.
package secrets
