"""What tests are made with: real clouds, real clients."""
