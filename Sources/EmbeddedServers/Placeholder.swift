// Filled by the stage of this name.
