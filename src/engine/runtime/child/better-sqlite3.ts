export const Database = 1;
