import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { timeout, type Observable } from 'rxjs';

/** An answer that takes too long becomes 503: the caller is not left waiting on a store that hangs. */
export class AnswerTimeout implements NestInterceptor {
  constructor(private readonly ms: number) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return context.getType() === 'http' ? next.handle().pipe(timeout(this.ms)) : next.handle();
  }
}
