// Every import of a package in the core resolves to this file, which is no module: so the compiler
// refuses it.
