//! unbroken: restores Microsoft 365 backups into a clean tenant under an unbroken chain of custody.
