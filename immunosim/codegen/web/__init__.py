"""What a browser needs to run a model: kernels as JavaScript and WebAssembly, and tables of what they mean."""
