export async function status(_args: string[]): Promise<number> { return 0; }
