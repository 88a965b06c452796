//! A simulated clean Microsoft 365 tenant over real HTTP, written from the documentation and without a type from our Graph client.
